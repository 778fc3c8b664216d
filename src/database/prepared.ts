const names = new Map<string, string>();

/**
 * A statement that each connection has planned once, where planning costs more than the work. Only for statements whose
 * best plan does not depend on their parameters.
 *
 * @param name of the statement, the same in every process
 */
export function prepared(name: string, text: string): string {
  names.set(text, name);
  return text;
}

export const nameOfPrepared = (text: string): string | undefined => names.get(text);

/**
 * For a transaction of prepared statements that look a few rows up by an index, however many there are. Their plans are
 * kept, and the first may be made while the tables are empty: only look-ups stay good as the tables grow.
 */
export const PLAN_FOR_LOOK_UPS = [
  'plan_cache_mode = force_generic_plan',
  ...['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'].map((node) => `enable_${node} = off`),
]
  .map((setting) => `SET LOCAL ${setting}`)
  .join('; ');
