import { STATUS_OF_KIND } from '../../src/common/error-kinds';
import { PROBLEM_CODES, type ProblemCode } from '../../src/common/problem-codes';

interface SeenProblem {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
}

/** Every problem that any story sees is one of the list: with its title, a status of its code, and a type that leads there. */
export function requireListed(status: number, problem: SeenProblem, publicPath: string): void {
  const listed = PROBLEM_CODES[problem.code] as (typeof PROBLEM_CODES)[ProblemCode] | undefined;
  const isAsListed =
    listed !== undefined &&
    problem.status === status &&
    listed.kinds.some((kind) => STATUS_OF_KIND[kind] === status) &&
    problem.title === listed.title &&
    problem.type === `${publicPath}/problems#${problem.code}`;
  if (!isAsListed)
    throw new Error(`${status} is not as src/common/problem-codes.ts has it: ${JSON.stringify(problem)}`);
}
