import { Command } from 'commander';
import type { ExitCode } from '../exit-code.js';
import { modelKinds, outputStrideOption, sizeOption } from '../option-values.js';
import type { ShowOptions } from './show.js';

/** `atrous models`. */
export function modelsCommand(end: (code: ExitCode) => void): Command {
  const print = (lines: readonly string[]): void => {
    process.stdout.write(`${lines.join('\n')}\n`);
    end(0);
  };
  const show = new Command('show')
    .description('Show what is in a segmentation model.')
    .argument('<file>', modelKinds)
    .addOption(sizeOption())
    .addOption(outputStrideOption())
    .option('--json', 'print a JSON object')
    .addHelpText('after', showHelp)
    .action(async (file: string, options: ShowOptions & { readonly json?: boolean }) => {
      const { describeModel, modelText } = await import('./show.js');
      const description = await describeModel(file, options);
      print(
        options.json === true
          ? [JSON.stringify(description, undefined, 2)]
          : modelText(description),
      );
    });
  const list = new Command('list')
    .description(
      'List the models that are known by name: built-in ones, and released files whose class names are known.',
    )
    .option('--architectures', 'list the networks that can be built and trained, with their costs')
    .option('--json', 'print a JSON list')
    .addHelpText('after', listHelp)
    .action(async ({ json, architectures }: ListOptions) => {
      if (architectures === true) {
        const { architecturesText, listArchitectures } = await import('./architectures.js');
        const found = listArchitectures();
        print(json === true ? [JSON.stringify(found, undefined, 2)] : architecturesText(found));
        return;
      }
      const { listModels, listText } = await import('./list.js');
      const models = listModels();
      print(json === true ? [JSON.stringify(models, undefined, 2)] : listText(models));
    });
  return new Command('models')
    .description('Look at segmentation models.')
    .addCommand(show)
    .addCommand(list);
}

interface ListOptions {
  readonly architectures?: boolean;
  readonly json?: boolean;
}

const listHelp = `
Networks are named head-backbone, then what is not usual: os8 for the output stride, dm0.5 for the
depth multiplier, mg1,2,4 for the multi-grid, rates6,12,18, filters128, nopooling, plain for 3x3
convolutions that are not separable, dec8,4 for the decoder's strides, decfilters128,
scales0.5,0.75,1, mergeaverage, classes19. A training configuration takes such a name as its
"network". Parameters include batch norm's statistics; multiply-adds are those at 513x513.

Examples:
  atrous models list --architectures
  atrous train config.json --set network=deeplabv3plus-xception65-os8`;

const showHelp = `
Parameters, multiply-adds and operators are those of the graph that runs: normalisation at its
start, without the final resize and argmax, which atrous does exactly from the low-resolution scores.

Examples:
  atrous models show best.safetensors --output-stride 8
  atrous models show deeplab.onnx --size 769x769 --json | jq .multiplyAdds`;
