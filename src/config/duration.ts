const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `5s,5m,2h` to milliseconds. The text must have been validated. */
export function parseDurations(text: string): number[] {
  return text.split(',').map((part) => {
    const unit = UNIT_MS[part.slice(-1)];
    if (unit === undefined) throw new RangeError(`"${part}" is not a duration`);
    return Number(part.slice(0, -1)) * unit;
  });
}
