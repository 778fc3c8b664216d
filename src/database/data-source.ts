import 'reflect-metadata';
import { requiredDatabaseUrl } from '../config/process-environment';
import { migrationDataSource } from './connection';

/** For TypeORM's own command line: `npx typeorm query "SELECT 1" -d dist/database/data-source.js`. */
export default migrationDataSource(requiredDatabaseUrl());
