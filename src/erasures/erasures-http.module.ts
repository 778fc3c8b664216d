import { Module } from '@nestjs/common';
import { ErasuresController } from './erasures.controller';
import { ErasuresModule } from './erasures.module';

@Module({ imports: [ErasuresModule], controllers: [ErasuresController] })
export class ErasuresHttpModule {}
