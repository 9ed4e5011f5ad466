import { Command, Option } from 'commander';
import type { ExitCode } from '../exit-code.js';
import { deviceNames, wholeNumber } from '../option-values.js';

interface TrainFlags {
  readonly set: readonly string[];
  readonly resume?: boolean;
  readonly device?: string;
  readonly threads?: number;
  readonly json?: boolean;
  readonly settings?: boolean;
}

/** `atrous train`. */
export function trainCommand(end: (code: ExitCode) => void): Command {
  return new Command('train')
    .description('Train a network on a labelled data set.')
    .argument('[config]', 'configuration: JSON, or a module whose default export it is')
    .option(
      '--set <key=value>',
      'replace a value of the configuration; may be repeated',
      (text: string, before: readonly string[]) => [...before, text],
      [] as readonly string[],
    )
    .option('--resume', 'go on from the last checkpoint in the output folder')
    .addOption(
      new Option('--device <name>', 'where the network runs (default: as configured)').choices(
        deviceNames,
      ),
    )
    .option(
      '--threads <n>',
      'processor cores to use (default: as configured)',
      wholeNumber(1, 1024),
    )
    .option('--json', "print the log's JSON lines, and nothing else, on stdout")
    .option('--settings', 'print all settings that a configuration may have, and nothing else')
    .addHelpText('after', help)
    .action(async (config: string | undefined, flags: TrainFlags, command: Command) => {
      const { set, device, threads, resume, json, settings } = flags;
      if (settings === true) {
        const { settingLines } = await import('./settings.js');
        process.stdout.write(`${settingLines().join('\n')}\n`);
        return;
      }
      if (config === undefined) command.error("error: missing required argument 'config'");
      const { runTrain } = await import('./run.js');
      const assignments = [
        ...set,
        ...(device === undefined ? [] : [`device=${device}`]),
        ...(threads === undefined ? [] : [`threads=${threads}`]),
      ];
      end(await runTrain(config, assignments, { resume: resume === true, json: json === true }));
    });
}

const help = `
The least that a configuration says is {"dataset": {"path": "camvid"}, "output": "runs/camvid"}; all
else has defaults, DeepLab's where it has the setting. Paths are as seen from the working folder.
"atrous train --settings" tells of every setting what it may be, its default and what it does.

network.imagePyramid, {"scales": [1, 0.75], "merge": "max"}, shows the network each image at several
scales and merges what it answers, in training and ever after; each scale has losses of its own.
auxiliary, {"weight": 0.4}, trains a second head on features inside the backbone, which no checkpoint
needs afterwards. dropout=false keeps all activations.
distillation, {"file": "teacher.safetensors", "weight": 0.5}, adds the divergence from the class
probabilities of a trained network with the same classes, also where pixels have no label.
initial.decoder=pass-through grows a decoder onto a file of a network without one.

The output folder gets
  last.safetensors   the state of the run: network, optimizer, step, configuration
  best.safetensors   the same where the mIoU of an evaluation was highest
  config.json        the whole configuration, defaults included, to read
  log.jsonl          a JSON object for each step and evaluation
  events.out.…       curves and pictures for TensorBoard
Checkpoints are written beside and renamed: a run that is killed at any moment can go on. With
--resume it goes on exactly as if it had never stopped (same machine and number of threads), from
the start where there is no checkpoint yet.

Exit code: 0 all steps are done; 1 an error ended the run after it began, its checkpoints are sound;
2 nothing could start. Ctrl-C finishes the step, writes a checkpoint and ends with 130.

Examples:
  atrous train --settings
  atrous train config.json
  atrous train config.json --set learningRate.base=0.007 --set network.outputStride=8
  atrous train config.json --resume
  atrous train finetune.mjs --set initial.file=runs/voc/best.safetensors --set initial.lastLayers=without-logits`;
