export { type DemoModel, demoModels } from '#schema/provider-vendors.ts';
