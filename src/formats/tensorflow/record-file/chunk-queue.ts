/** Chunks of a file in order: a file stream, the body of a response, or arrays in memory. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Cuts a stream of chunks into pieces of wanted lengths, pulling no more of it than needed. */
export class ChunkQueue {
  private readonly source: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  private readonly waiting: Uint8Array[] = [];
  private available = 0;

  constructor(chunks: Chunks) {
    this.source =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** Pulls chunks until `length` bytes wait or the stream ends; how many of them there are. */
  async fill(length: number): Promise<number> {
    while (this.available < length) {
      const { done, value } = await this.source.next();
      if (done === true) break;
      if (value.length === 0) continue;
      this.waiting.push(value);
      this.available += value.length;
    }
    return Math.min(this.available, length);
  }

  /** Takes bytes that {@link fill} has pulled: a view where one chunk holds all, else a copy. */
  take(length: number): Uint8Array {
    this.available -= length;
    const first = this.waiting[0] ?? new Uint8Array(0);
    if (first.length >= length) {
      this.advance(length);
      return first.subarray(0, length);
    }
    const joined = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const chunk = this.waiting[0] ?? new Uint8Array(0);
      const part = chunk.subarray(0, length - at);
      joined.set(part, at);
      this.advance(part.length);
      at += part.length;
    }
    return joined;
  }

  /** Ends the stream early, so that its file is closed. */
  async close(): Promise<void> {
    await this.source.return?.();
  }

  private advance(length: number): void {
    const first = this.waiting[0];
    if (first === undefined) return;
    if (first.length > length) this.waiting[0] = first.subarray(length);
    else this.waiting.shift();
  }
}
