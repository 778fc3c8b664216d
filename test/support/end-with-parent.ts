/** A test run that is killed takes the processes that it started with it: their standard input ends then. */
export function endWithParent(): void {
  process.stdin.resume().once('end', () => process.exit(1));
}
