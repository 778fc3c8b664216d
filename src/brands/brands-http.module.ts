import { Module } from '@nestjs/common';
import { BrandsController } from './brands.controller';
import { BrandsModule } from './brands.module';

/** The routes of brands. What cleans logos is loaded with them alone: a worker reads what was cleaned. */
@Module({ imports: [BrandsModule], controllers: [BrandsController] })
export class BrandsHttpModule {}
