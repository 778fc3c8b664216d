import { applyDecorators } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  type ApiResponseMetadata,
  ApiSchema,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FieldError } from '../app-error';
import { PROBLEM_CODES, type ProblemCode } from '../problem-codes';
import { ADDRESS_POLICIES, KEY_POLICIES } from './rate-policy';

const CODES =
  'Stable and machine-readable; `GET /problems` describes each. There will be more: take one that you do not know for what its HTTP status says.';

class ProblemFieldError implements FieldError {
  @ApiProperty({ example: 'end_date' })
  field: string;

  @ApiProperty({ example: 'end_date must be after start_date' })
  message: string;
}

/** RFC 9457 problem details, sent as `application/problem+json`. Some routes add members of their own. */
@ApiSchema({ description: 'RFC 9457. Some problems have further members, such as the `job` that failed.' })
export class Problem {
  @ApiProperty({
    format: 'uri-reference',
    example: '/problems#invalid_request',
    description:
      'Where the cause and the cure of this `code` are described: a path on this server (RFC 9457).',
  })
  type: string;

  @ApiProperty({
    example: 'The request is not valid',
    description: 'The same for each problem of this `code`.',
  })
  title: string;

  @ApiProperty({ type: 'integer', example: 422, description: 'The HTTP status.' })
  status: number;

  @ApiProperty({ example: 'The request is not valid.' })
  detail: string;

  @ApiProperty({
    enum: Object.keys(PROBLEM_CODES),
    enumName: 'ProblemCode',
    enumSchema: { description: CODES },
    example: 'invalid_request',
  })
  code: ProblemCode;

  @ApiProperty({
    example: '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11',
    description: 'Name it when you ask for help.',
  })
  request_id: string;

  @ApiPropertyOptional({ type: [ProblemFieldError], description: 'The bad fields of the input.' })
  errors?: ProblemFieldError[];

  @ApiPropertyOptional({
    name: 'violated-policies',
    enum: [...KEY_POLICIES, ...ADDRESS_POLICIES, 'jobs-in-flight', 'client-storage'],
    isArray: true,
    example: ['poll'],
    description: 'With 429: the limits that you have reached; see `RateLimit-Policy`.',
  })
  violatedPolicies?: string[];
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** The page that describes each code. */
export const PROBLEMS_PATH = '/problems';

/**
 * What each problem has.
 *
 * @param publicPath the path of the public address, '' mostly: `type` is path-absolute, as all addresses in answers are
 */
export const problemMembers = (
  publicPath: string,
  {
    status,
    detail,
    code,
    requestId,
  }: { status: number; detail: string; code: ProblemCode; requestId: string },
): Omit<Problem, 'errors' | 'violatedPolicies'> => ({
  type: `${publicPath}${PROBLEMS_PATH}#${code}`,
  title: PROBLEM_CODES[code].title,
  status,
  detail,
  code,
  request_id: requestId,
});

const problemSchema = { $ref: getSchemaPath(Problem) };

/** The description of a problem that passes, in whose answer `Retry-After` says when. */
export const passing = (description: string): Documented => ({
  description,
  headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
});

interface Documented {
  description: string;
  headers: NonNullable<ApiResponseMetadata['headers']>;
}

/** Documents a route's problems: `ApiProblems({ 404: 'There is no such job.' })`. */
export const ApiProblems = (
  problems: Record<number, string | Documented>,
): MethodDecorator & ClassDecorator =>
  applyDecorators(
    ApiExtraModels(Problem),
    ...Object.entries(problems).map(([status, problem]) => {
      const documented = typeof problem === 'string' ? { description: problem } : problem;
      return ApiResponse({
        status: Number(status),
        ...documented,
        content: { [PROBLEM_MEDIA_TYPE]: { schema: problemSchema } },
      });
    }),
  );
