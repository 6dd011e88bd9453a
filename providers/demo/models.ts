export { type DemoModel, demoModels } from '#core/providers/provider-vendors.ts';
