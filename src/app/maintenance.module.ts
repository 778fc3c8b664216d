import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { MaintenanceService } from './maintenance.service';

@Module({ imports: [DiscoveryModule], providers: [MaintenanceService] })
export class MaintenanceModule {}
