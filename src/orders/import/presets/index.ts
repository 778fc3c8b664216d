import type { FileForm } from '../file-form';
import { Preset } from '../import-settings';
import { AMAZON } from './amazon';
import { GENERIC } from './generic';
import { SHOPIFY } from './shopify';
import { STRIPE } from './stripe';
import { WOOCOMMERCE } from './woocommerce';

const FORMS: Record<Preset, FileForm> = {
  [Preset.Shopify]: SHOPIFY,
  [Preset.WooCommerce]: WOOCOMMERCE,
  [Preset.Stripe]: STRIPE,
  [Preset.Amazon]: AMAZON,
};

export const formOf = (preset: Preset | null): FileForm => (preset === null ? GENERIC : FORMS[preset]);
