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

/**
 * A parameter of a prepared statement, in SQL, whose value the planner does not ask for. With a value it may think a plan of its
 * own cheaper than the one for all, and Postgres then plans anew each time.
 */
export const unseen = (parameter: string): string => `(SELECT ${parameter})`;

export const nameOfPrepared = (text: string): string | undefined => names.get(text);
