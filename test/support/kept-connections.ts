import type { INestApplication } from '@nestjs/common';
import type { Server } from 'node:http';

/**
 * Lets the server end no connection that rests. Test and server share a process: when it stands still for a moment, the
 * server would end one just as the test sends its next request on it.
 */
export function keepConnections(app: INestApplication): void {
  (app.getHttpServer() as Server).keepAliveTimeout = 0;
}
