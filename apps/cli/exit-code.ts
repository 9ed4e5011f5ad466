/** What the shell is told: 0 all done, 1 some pictures failed, 2 nothing could start. */
export type ExitCode = 0 | 1 | 2;

/** Text on exit codes for help pages. */
export const exitCodeHelp = `Exit code: 0 all done; 1 some pictures failed, each with a line on stderr, the others are done;
2 nothing could start (options, model, output folder, or no picture to work on).`;
