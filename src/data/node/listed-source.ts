import { OptionError } from '../../core/errors.js';
import type { LabelMap, Palette, RgbImage } from '../../image/index.js';
import type { DatasetSource, Sample } from '../dataset-source.js';
import type { DatasetListing, SampleLocation } from './dataset-listing.js';
import { readSample, readSampleImage, readSampleLabel } from './read-sample.js';

/** A dataset on disk: a listing and the reading of what it lists. */
export class ListedSource implements DatasetSource {
  readonly name: string;
  readonly split: string;
  readonly size: number;
  readonly ids: readonly string[];
  readonly labelled: boolean;
  readonly labels: readonly string[];
  readonly palette: Palette;
  readonly ignoreValue: number;
  /** What was recognised, in words. */
  readonly description: string;
  /** The plain data that another thread needs to read the same samples. */
  readonly listing: DatasetListing;

  constructor(listing: DatasetListing, layout: string) {
    this.listing = listing;
    this.name = listing.name;
    this.split = listing.split;
    this.size = listing.samples.length;
    this.ids = listing.samples.map(({ id }) => id);
    this.labelled = listing.labelled;
    this.labels = listing.labels;
    this.palette = listing.palette;
    this.ignoreValue = listing.ignoreValue;
    const labels = listing.labelled ? `labels from ${listing.labelOrigin}` : 'no labels';
    this.description = `${layout}, split ${this.split}, ${this.size} images, ${labels}`;
  }

  async read(index: number): Promise<Sample> {
    return readSample(this.location(index), this.listing.coding);
  }

  async readLabel(index: number): Promise<LabelMap | undefined> {
    return readSampleLabel(this.location(index), this.listing.coding);
  }

  /** The image alone, whatever its label is like. */
  async readImage(index: number): Promise<RgbImage> {
    return readSampleImage(this.location(index));
  }

  private location(index: number): SampleLocation {
    const location = this.listing.samples[index];
    if (location !== undefined) return location;
    throw new OptionError({
      place: `${this.name} ${this.split}`,
      problem: 'no such sample',
      expected: `a whole number from 0 to ${this.size - 1}`,
      found: `${index}`,
    });
  }
}
