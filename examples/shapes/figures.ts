/** Whether a figure of radius 1 around the origin covers a point. */
export type Figure = (x: number, y: number) => boolean;

/** Figures by class name. */
export const figures = {
  circle: (x, y) => x * x + y * y <= 0.85,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.78,
  triangle: (x, y) => y <= 0.5 && Math.sqrt(3) * Math.abs(x) - y <= 1,
  star,
} as const satisfies Record<string, Figure>;

const innerRadius = 0.48;
const tipAngle = Math.PI / 5;

/** Five tips at radius 1 and five corners between them at the inner radius. */
function star(x: number, y: number): boolean {
  const radius = Math.hypot(x, y);
  // All tenths of the star look alike: from a tip at angle 0 to a corner at a fifth of half a turn.
  const angle = Math.abs(((Math.atan2(x, -y) + 11 * tipAngle) % (2 * tipAngle)) - tipAngle);
  const [px, py] = [radius * Math.cos(angle), radius * Math.sin(angle)];
  const [cx, cy] = [innerRadius * Math.cos(tipAngle), innerRadius * Math.sin(tipAngle)];
  return (cx - 1) * py - cy * (px - 1) >= 0;
}
