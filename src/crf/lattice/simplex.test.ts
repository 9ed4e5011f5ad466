import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { EnclosingSimplex } from './simplex.js';

/** The point of the plane, by the columns (1, …, 1, -i, 0, …) / sqrt(i (i + 1)) of the basis. */
function elevate(feature: Float64Array): number[] {
  const sides = feature.length + 1;
  const scale = Math.sqrt(2 / 3) * sides;
  return Array.from({ length: sides }, (_, row) =>
    feature.reduce((sum, value, column) => {
      const i = column + 1;
      const entry = row < i ? 1 : row === i ? -i : 0;
      return sum + (scale * value * entry) / Math.sqrt(i * (i + 1));
    }, 0),
  );
}

describe.each([1, 2, 3, 5])('the simplex around a point of %i dimensions', (dimension) => {
  const sides = dimension + 1;

  it('has vertices whose weighted mean is the point', () => {
    const random = seededRandom(dimension);
    const simplex = new EnclosingSimplex(dimension);
    for (let round = 0; round < 500; round++) {
      const feature = Float64Array.from({ length: dimension }, () => 20 * random.normal());
      simplex.enclose(feature);
      const weights = [...simplex.weights.subarray(0, sides)];
      expect(Math.min(...weights)).toBeGreaterThan(-1e-9);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
      expect([...simplex.rank].sort()).toEqual(Array.from({ length: sides }, (_, rank) => rank));

      const mean = new Float64Array(sides);
      for (const [remainder, weight] of weights.entries()) {
        let sum = 0;
        for (let axis = 0; axis < sides; axis++) {
          const raised = (simplex.rank[axis] as number) > dimension - remainder ? sides : 0;
          const coordinate = (simplex.origin[axis] as number) + remainder - raised;
          sum += coordinate;
          // All coordinates of a lattice point leave the same remainder.
          expect((((coordinate - remainder) % sides) + sides) % sides).toBe(0);
          mean[axis] = (mean[axis] as number) + weight * coordinate;
        }
        expect(sum).toBe(0);
      }
      for (const [axis, coordinate] of elevate(feature).entries()) {
        expect(mean[axis]).toBeCloseTo(coordinate, 8);
      }
    }
  });
});
