import { Command, Option } from 'commander';
import type { Arithmetic } from '../../../src/convert/tflite/tflite-to-graph.js';
import type { Size } from '../../../src/image/index.js';
import type { ExitCode } from '../exit-code.js';
import { modelKinds, outputStrideOption, sizeOption } from '../option-values.js';

interface ExportFlags {
  readonly size?: Size;
  readonly outputStride?: number;
  readonly float16?: boolean;
  readonly arithmetic?: Arithmetic;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `atrous export`. */
export function exportCommand(end: (code: ExitCode) => void): Command {
  return new Command('export')
    .description(
      'Write a model as an ONNX file that any ONNX Runtime runs, or as a small checkpoint.',
    )
    .argument('<model>', modelKinds)
    .argument('<output>', 'file to write, NAME.onnx or NAME.safetensors')
    .addOption(sizeOption())
    .addOption(outputStrideOption())
    .option('--float16', 'hold the weights in half precision: half the file, a little less exact')
    .addOption(
      new Option(
        '--arithmetic <kind>',
        'keep 8-bit files in integers or widen them to real numbers (default: integer)',
      ).choices(['integer', 'real'] satisfies Arithmetic[]),
    )
    .option('--force', 'replace the output where it exists')
    .option('--json', 'print a JSON object')
    .addHelpText('after', help)
    .action(async (model: string, output: string, flags: ExportFlags) => {
      const { json, force = false, float16 = false, ...options } = flags;
      const { exportFormat } = await import('./encode.js');
      exportFormat(output);
      const { exportModel } = await import('./run.js');
      const { exportText } = await import('./text.js');
      const result = await exportModel({ ...options, model, output, float16, force });
      const lines = json === true ? [JSON.stringify(result, undefined, 2)] : exportText(result);
      process.stdout.write(`${lines.join('\n')}\n`);
      end(0);
    });
}

const help = `
An ONNX file holds standard operators only, batch norm folded into the convolutions. A checkpoint's input
is "image", float32 [1, 3, H, W], normalised as printed; its output "logits", [1, classes, H, W], at
the input's size, of which the class is the argmax. Other files keep their inputs and outputs.

A checkpoint of a checkpoint holds the network alone, the moving averages as its parameters: to be
opened at any size and output stride, or trained further. Size and output stride become its own.

Before it takes its name, the file is run beside the model it was made from, on random pixels; the
largest difference of their outputs is printed. Class names, palette and normalisation are in the
file's metadata: "atrous segment" opens it by itself.

Examples:
  atrous export best.safetensors deeplab.onnx
  atrous export best.safetensors deeplab.onnx --size 1025x513 --output-stride 8 --float16
  atrous export best.safetensors street.safetensors --float16
  atrous export deeplabv3.tflite deeplabv3.onnx`;
