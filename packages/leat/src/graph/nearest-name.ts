/** The name that a misspelt one was probably meant to be: at most a third of its letters away. */
export function nearestName(wrong: string, names: readonly string[]): string | undefined {
  const bound = Math.max(1, Math.floor(wrong.length / 3));
  let nearest: string | undefined;
  let least = bound + 1;
  for (const name of names) {
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase());
    if (distance < least) [nearest, least] = [name, distance];
  }
  return nearest;
}

/** Letters to insert, remove, replace or swap with their neighbour, to get from one text to the other. */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      const plain = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      next.push(swapped ? Math.min(plain, (before[j - 2] ?? 0) + 1) : plain);
    }
    [before, row] = [row, next];
  }
  return row[to.length] ?? 0;
}
