import { z } from 'zod';

// Values that several parts of a configuration have.
export const path = z.string().min(1);
export const positive = z.number().positive();
export const notNegative = z.number().min(0);
export const share = z.number().min(0).max(1);
export const count = z.number().int().min(1);
export const interval = z.number().int().min(0);
export const channels = count.max(4096);
export const side = z.number().int().min(1).max(16_384);
