const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * The first key that an object in a JSON text holds twice, which `JSON.parse` passes over.
 *
 * The text must be valid JSON. Objects deeper than `maximumDepth` are not searched.
 */
export function repeatedKey(json: string, maximumDepth: number): string | undefined {
  const keysByDepth: Set<string>[] = [];
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === openBrace) {
      if (depth < maximumDepth) keysByDepth[depth] = new Set();
      depth++;
    } else if (code === closeBrace) {
      depth--;
    } else if (code === quote) {
      const start = at;
      for (at++; json.charCodeAt(at) !== quote; at++) {
        if (json.charCodeAt(at) === backslash) at++;
      }
      const keys = depth <= maximumDepth ? keysByDepth[depth - 1] : undefined;
      if (keys === undefined || !isKey(json, at + 1)) continue;
      const key: string = JSON.parse(json.slice(start, at + 1));
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

/** Whether a string that ends before `at` is a key: only white space, then a colon follow it. */
function isKey(json: string, at: number): boolean {
  let next = at;
  while (json.charCodeAt(next) <= 0x20) next++;
  return json.charCodeAt(next) === colon;
}
