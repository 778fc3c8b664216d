import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BrandEntity } from './brand.entity';
import { BrandLogoEntity } from './brand-logo.entity';
import { BrandsService } from './brands.service';

/** How clients' reports are dressed, for whoever writes them. */
@Module({
  imports: [TypeOrmModule.forFeature([BrandEntity, BrandLogoEntity])],
  providers: [BrandsService],
  exports: [BrandsService],
})
export class BrandsModule {}
