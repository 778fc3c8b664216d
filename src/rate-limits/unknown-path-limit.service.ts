import { Injectable, OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AddressLimitsService } from './address-limits.service';

/** Counts by address what no route answers. */
@Injectable()
export class UnknownPathLimitService implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly addresses: AddressLimitsService,
  ) {}

  /** Nest calls this when its routes are registered, and what answers 404 and 405 for all the rest is not yet. */
  onModuleInit(): void {
    this.host.httpAdapter.use(this.addresses.middleware('unknown'));
  }
}
