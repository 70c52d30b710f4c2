/**
 * knex's mysql2 client whose new connections tell a MariaDB server that bulk commands may come. Loaded only when a
 * server is used.
 */

import Mysql2Client from 'knex/lib/dialects/mysql2/index.js';
import type { Connection, ConnectionOptions } from 'mysql2';
import { offerBulk } from './mysql2-bulk-seam.ts';

export class ServerClient extends Mysql2Client {
  override _driver(): ReturnType<Mysql2Client['_driver']> {
    const driver = super._driver();
    return Object.assign(Object.create(driver), {
      createConnection(options: ConnectionOptions): Connection {
        const connection = driver.createConnection(options);
        offerBulk(connection);
        return connection;
      },
    });
  }
}
