import type { INestApplication } from '@nestjs/common';
import { static as staticFiles } from 'express';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { compress } from '../common/http/compression';
import { AddressLimitsService } from '../rate-limits/address-limits.service';
import { onlyFor } from './only-for';

/** The page for people, beside the compiled code and beside the sources alike. */
const PAGE = join(__dirname, '..', '..', 'public');

/** Serves the page for people at `/`. Other requests do not look for themselves among its files, on the disk. */
export function setUpPage(app: INestApplication): void {
  const paths = new Set(['/', ...readdirSync(PAGE).map((name) => `/${name}`)]);
  const ofPage = onlyFor(paths);
  app.use(ofPage(app.get(AddressLimitsService).middleware('page')));
  app.use(ofPage(compress));
  app.use(ofPage(staticFiles(PAGE, { setHeaders: revalidate })));
}

/** A new version of the page is seen at once; the ETag keeps it cheap. */
const revalidate = (response: { setHeader(name: string, value: string): unknown }): unknown =>
  response.setHeader('Cache-Control', 'no-cache');
