import type { Connection } from 'mongoose';
import { alertEpisodes } from '#mongo/alert-episodes.ts';
import { alertSightings } from '#mongo/alert-sightings.ts';
import { alerts } from '#mongo/alerts.ts';
import { type Erasers, type ErasureSubject, eraseByDeleting } from '#mongo/eraser.ts';

/** The steps of erasures in the collections of this part. */
export function createUsageErasers({ connection }: { readonly connection: Connection }): Erasers {
  const ofTenant = ({ tenantId }: ErasureSubject) => ({ tenantId });
  return {
    TENANT: {
      alerts: eraseByDeleting(connection, alerts, ofTenant),
      alertEpisodes: eraseByDeleting(connection, alertEpisodes, ofTenant),
      alertSightings: eraseByDeleting(connection, alertSightings, ofTenant),
    },
    END_USER: {},
  };
}
