import type { Connection } from 'mongoose';
import { alertActions } from '#mongo/alert-actions.ts';
import { alertEpisodes } from '#mongo/alert-episodes.ts';
import { alertSightings } from '#mongo/alert-sightings.ts';
import { alerts } from '#mongo/alerts.ts';
import { type Erasers, type ErasureSubject, eraseByDeleting } from '#mongo/eraser.ts';
import { createExportEraser, createExportPartEraser } from './exports/erase-exports.ts';

/** The steps of erasures in the collections of this part. */
export function createUsageErasers({ connection }: { readonly connection: Connection }): Erasers {
  const ofExports = {
    usage_exports: createExportEraser(connection),
    usage_export_parts: createExportPartEraser(connection),
  };
  const ofTenant = ({ tenantId }: ErasureSubject) => ({ tenantId });
  return {
    TENANT: {
      alerts: eraseByDeleting(connection, alerts, ofTenant),
      alertActions: eraseByDeleting(connection, alertActions, ofTenant),
      alertEpisodes: eraseByDeleting(connection, alertEpisodes, ofTenant),
      alertSightings: eraseByDeleting(connection, alertSightings, ofTenant),
      ...ofExports,
    },
    END_USER: ofExports,
  };
}
