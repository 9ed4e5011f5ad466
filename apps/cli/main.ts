#!/usr/bin/env node
import { runProgram } from './program.js';

// A reader that has seen enough, such as `head`, ends only the text, not the work.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await runProgram(process.argv.slice(2));
