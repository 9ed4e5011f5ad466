import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTflite, readTfliteMetadata, type TfliteModel, writeTflite } from './index.js';

const folder = path.resolve(process.cwd(), '../shared/models');

const mobilenetV2 = {
  CONV_2D: 38,
  DEPTHWISE_CONV_2D: 17,
  ADD: 10,
  AVERAGE_POOL_2D: 1,
  RESIZE_BILINEAR: 3,
  CONCATENATION: 1,
};

const models = [
  {
    file: 'deeplabv3_257_mv_gpu.tflite',
    operators: mobilenetV2,
    input: 'float32 1,257,257,3',
    output: 'float32 1,257,257,21',
  },
  {
    file: 'deeplabv3_mnv2_dm05_pascal_quant.tflite',
    operators: { ...mobilenetV2, QUANTIZE: 1, ARG_MAX: 1 },
    input: 'uint8 1,513,513,3',
    output: 'int64 1,513,513',
  },
  {
    file: 'deeplabv3_mnv2_pascal_quant.tflite',
    operators: { ...mobilenetV2, QUANTIZE: 1, ARG_MAX: 1 },
    input: 'uint8 1,513,513,3',
    output: 'int64 1,513,513',
  },
  {
    file: 'deeplab_mobilenet_edgetpu_slim_cityscapes_quant.tflite',
    operators: {
      CONV_2D: 49,
      DEPTHWISE_CONV_2D: 13,
      ADD: 15,
      AVERAGE_POOL_2D: 1,
      TILE: 1,
      QUANTIZE: 1,
      CONCATENATION: 1,
      RESIZE_BILINEAR: 2,
      ARG_MAX: 1,
    },
    input: 'uint8 1,513,513,3',
    output: 'int64 1,513,513',
  },
];

for (const { file, operators, input, output } of models) {
  const location = path.join(folder, file);
  describe.skipIf(!existsSync(location))(file, () => {
    const bytes = existsSync(location) ? readFileSync(location) : new Uint8Array(0);
    const read = () => readTflite(bytes, file);

    it('has the known operators, input and output', () => {
      const [subgraph] = read().subgraphs;
      const counts: Record<string, number> = {};
      for (const { name } of subgraph?.operators ?? []) counts[name] = (counts[name] ?? 0) + 1;
      expect(counts).toEqual(operators);
      const describeTensor = (index = -1) => {
        const tensor = subgraph?.tensors[index];
        return `${tensor?.dtype} ${tensor?.shape}`;
      };
      expect(describeTensor(subgraph?.inputs[0])).toBe(input);
      expect(describeTensor(subgraph?.outputs[0])).toBe(output);
    });

    it('upsamples with aligned corners', () => {
      const resizes = read().subgraphs[0]?.operators.filter(
        (operator) => operator.name === 'RESIZE_BILINEAR',
      );
      for (const { options } of resizes ?? []) {
        expect(options).toEqual({ alignCorners: true, halfPixelCenters: false });
      }
    });

    it('quantises its input as the deployment expects', () => {
      const [subgraph] = read().subgraphs;
      const tensor = subgraph?.tensors[subgraph.inputs[0] ?? -1];
      const expected = { scale: [0.0078125], zeroPoint: [128], axis: 0 };
      expect(tensor?.quantization).toEqual(input.startsWith('uint8') ? expected : undefined);
    });

    it('reads the same after it is written', () => {
      const model = read();
      expect(digested(readTflite(writeTflite(model), file))).toEqual(digested(model));
    });

    it('has no labels of its own', () => {
      expect(readTfliteMetadata(read(), bytes, file)).toEqual({});
    });
  });
}

/** The record with digests in place of constants, which are quicker to compare. */
function digested(model: TfliteModel) {
  return {
    ...model,
    subgraphs: model.subgraphs.map((subgraph) => ({
      ...subgraph,
      tensors: subgraph.tensors.map((tensor) => ({
        ...tensor,
        data: tensor.data && createHash('sha1').update(tensor.data).digest('hex'),
      })),
    })),
  };
}
