import { Command, CommanderError } from 'commander';
import { AtrousError, messageOf } from '../../src/core/errors.js';
import { benchmarkCommand } from './benchmark/command.js';
import { crfCommand } from './crf/command.js';
import { datasetCommand } from './dataset/command.js';
import { evalCommand } from './eval/command.js';
import type { ExitCode } from './exit-code.js';
import { exportCommand } from './export/command.js';
import { modelsCommand } from './models/command.js';
import { segmentCommand } from './segment/command.js';
import { trainCommand } from './train/command.js';
import { packageVersion } from './version.js';

/** What each command is made by, in the order of the help. */
const commands: readonly ((end: (code: ExitCode) => void) => Command)[] = [
  segmentCommand,
  trainCommand,
  evalCommand,
  crfCommand,
  datasetCommand,
  exportCommand,
  benchmarkCommand,
  modelsCommand,
];

/**
 * Runs the command line.
 *
 * Whatever goes wrong becomes one line on stderr that begins with its place.
 *
 * @param args Arguments after the program's name.
 */
export async function runProgram(args: readonly string[]): Promise<ExitCode> {
  let outcome: ExitCode = 0;
  const end = (code: ExitCode): void => {
    outcome = code;
  };
  const program = new Command('atrous')
    .description('DeepLab for pictures: a class for every pixel.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError()
    .addHelpText('after', overviewHelp);
  for (const make of commands) program.addCommand(make(end));
  for (const command of allCommands(program)) {
    command.exitOverride().configureOutput({
      outputError: (text, write) => write(oneLine(command, text)),
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return outcome;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const place = error instanceof AtrousError ? '' : 'atrous: ';
    process.stderr.write(`${place}${messageOf(error)}\n`);
    return 2;
  }
}

const overviewHelp = `
Examples:
  atrous segment cat.jpg                           overlay, mask and JSON of one picture
  atrous segment drive -m street -o out            all pictures in a folder, another model
  atrous dataset inspect photos                    what is in a data set, and what is wrong
  atrous train config.json                         a network of one's own
  atrous eval -m best.safetensors -d VOCdevkit     mIoU on a data set
  atrous crf search -m voc -d pets                 what a dense CRF can add, and how
  atrous export best.safetensors deeplab.onnx      a file for any ONNX Runtime
  atrous benchmark voc                             how fast a model runs here
  atrous models show deeplabv3.tflite              what is in a model file

"atrous help COMMAND" tells more.`;

function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

/** Commander's complaint with the command in front, on one line. */
function oneLine(command: Command, text: string): string {
  const names: string[] = [];
  for (let each: Command | null = command; each !== null; each = each.parent) {
    names.unshift(each.name());
  }
  const complaint = text.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return `${names.join(' ')}: ${complaint.trim()}\n`;
}
