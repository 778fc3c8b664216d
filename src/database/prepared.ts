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
