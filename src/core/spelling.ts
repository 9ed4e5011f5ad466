/** The candidate with the smallest edit distance (Levenshtein) to a word. */
export function nearest(word: string, candidates: readonly string[]): string {
  const distance = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, column) => column);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) {
        const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
        next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
      }
      row = next;
    }
    return row[b.length] ?? 0;
  };
  const ranked = candidates.map(
    (candidate) => [candidate, distance(word.toLowerCase(), candidate.toLowerCase())] as const,
  );
  return ranked.reduce((best, each) => (each[1] < best[1] ? each : best), [
    '',
    Number.POSITIVE_INFINITY,
  ] as const)[0];
}
