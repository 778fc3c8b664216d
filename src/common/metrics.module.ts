import { Global, Module } from '@nestjs/common';
import { Registry } from 'prom-client';

/** The metrics of one application; a feature adds its own to the `Registry` that it injects. */
@Global()
@Module({ providers: [{ provide: Registry, useFactory: () => new Registry() }], exports: [Registry] })
export class MetricsModule {}
