import { contentFeatures } from './content-features.ts';
import type { Feature } from './feature.ts';
import { settingFeatures } from './setting-features.ts';
import { vendorFeatures } from './vendor-features.ts';

/** Every feature, in the order of the table in docs. */
export const features: readonly Feature[] = [...contentFeatures, ...settingFeatures, ...vendorFeatures];
