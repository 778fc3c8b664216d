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
import { ADDRESS_POLICIES, KEY_POLICIES } from './rate-policy';

class ProblemFieldError implements FieldError {
  @ApiProperty({ example: 'end_date' })
  field: string;

  @ApiProperty({ example: 'end_date must be after start_date' })
  message: string;
}

/** RFC 9457 problem details, sent as `application/problem+json`. Some routes add members of their own. */
@ApiSchema({ description: 'RFC 9457. Some problems have further members, such as the `job` that failed.' })
export class Problem {
  @ApiProperty({ example: 'about:blank', description: 'Identifies the kind of problem (RFC 9457).' })
  type: string;

  @ApiProperty({ example: 'Unprocessable Entity' })
  title: string;

  @ApiProperty({ type: 'integer', example: 422, description: 'The HTTP status.' })
  status: number;

  @ApiProperty({ example: 'The request is not valid.' })
  detail: string;

  @ApiProperty({ example: 'invalid_request', description: 'Stable and machine-readable.' })
  code: string;

  @ApiProperty({
    example: '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11',
    description: 'Name it when you ask for help.',
  })
  request_id: string;

  @ApiPropertyOptional({ type: [ProblemFieldError], description: 'The bad fields of the input.' })
  errors?: ProblemFieldError[];

  @ApiPropertyOptional({
    name: 'violated-policies',
    enum: [...KEY_POLICIES, ...ADDRESS_POLICIES, 'jobs-in-flight'],
    isArray: true,
    example: ['poll'],
    description: 'With 429: the limits that you have reached; see `RateLimit-Policy`.',
  })
  violatedPolicies?: string[];
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

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
