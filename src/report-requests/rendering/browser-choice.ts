/** The numbers of what a browser answers to `--version`: `Google Chrome 153.0.7999.12` has four. */
const numbersOf = (version: string): number[] =>
  (/\d+(\.\d+)+/.exec(version)?.[0] ?? '').split('.').map(Number);

/** The first number, which counts the releases that mend what is insecure; 0 where there is none. */
export const majorOf = (version: string): number => numbersOf(version)[0] ?? 0;

/** The newest, and of equals the first; those whose version cannot be read come last. */
export function newestOf<T extends { version: string }>(browsers: readonly T[]): T | undefined {
  return browsers.reduce<T | undefined>(
    (newest, browser) => (newest === undefined || isOlder(newest, browser) ? browser : newest),
    undefined,
  );
}

function isOlder(one: { version: string }, other: { version: string }): boolean {
  const ours = numbersOf(one.version);
  const theirs = numbersOf(other.version);
  const differing = theirs.findIndex((number, index) => number !== ours[index]);
  return differing >= 0 && (theirs[differing] ?? 0) > (ours[differing] ?? 0);
}
