const longest = 120;

/** A name out of a file for a message: in quotes, on one line, shortened where it is very long. */
export function quotedName(name: string): string {
  return JSON.stringify(name.length > longest ? `${name.slice(0, longest)}…` : name);
}
