import type { Type } from '@nestjs/common';
import type { Client } from '../clients/client';

/** How a caller's request becomes what is stored for the handler. */
export interface JobIntake<Parameters extends object = object> {
  /** Validates what callers send; `null` where any object will do. */
  readonly requestClass: Type<object> | null;
  readonly toParameters: (request: object, client: Client) => Parameters;
}

/** Ties a request class and its mapping together: `intake(ReportParameters, toParameters)`. */
export const intake = <Request extends object, Parameters extends object>(
  requestClass: Type<Request> | null,
  toParameters: (request: Request, client: Client) => Parameters,
): JobIntake<Parameters> => ({
  requestClass,
  // Only instances of that class are ever given to it.
  toParameters: (request, client) => toParameters(request as Request, client),
});
