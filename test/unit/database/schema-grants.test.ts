/** What SHOW GRANTS says, as far as it spares a question about each table. */
import { expect, test } from 'vitest';
import { grantsCover } from '../../../src/database/schema-grants.ts';

const usage = "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*1'";

test.each([
  [true, 'GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION'],
  [true, 'GRANT ALL PRIVILEGES ON `my\\_db`.* TO `u`@`%`'],
  [true, 'GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON `my_db`.* TO `u`@`%`'],
  [false, 'GRANT SELECT, INSERT, UPDATE ON `my_db`.* TO `u`@`%`'],
  [false, 'GRANT ALL PRIVILEGES ON `other`.* TO `u`@`%`'],
  [false, 'GRANT SELECT, INSERT, UPDATE, DELETE ON `my_db`.`one_table` TO `u`@`%`'],
  [false, 'GRANT `role`@`%` TO `u`@`%`'],
  // A pattern may mean this database, or not: table by table it is known.
  [false, 'GRANT ALL PRIVILEGES ON `my%`.* TO `u`@`%`'],
])('%s: %s', (covers, line) => {
  expect(grantsCover([usage, line], 'my_db')).toBe(covers);
});

test('what was taken away from a grant on all databases', () => {
  const lines = ['GRANT ALL PRIVILEGES ON *.* TO `u`@`%`', 'REVOKE DELETE ON `my_db`.* FROM `u`@`%`'];
  expect(grantsCover(lines, 'my_db')).toBe(false);
});
