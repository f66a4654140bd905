import { expect, it } from 'vitest';
import { commandText } from '../../lib/cli/run/command-text.js';

it.each([
  [['npx', 'prisma', 'migrate', 'deploy'], 'npx prisma migrate deploy'],
  [['psql', 'postgres://ops:p4ss@db/shop', '-c', 'select 1'], 'psql postgres://ops:***@db/shop -c select 1'],
  [['redis-cli', '-u', 'redis://:p4ss/w@host'], 'redis-cli -u redis://:***@host'],
  [['migrate', '--db-password=p4ss', '--force'], 'migrate --db-password=*** --force'],
  [['migrate', '--token', 'p4ss', '--force'], 'migrate --token *** --force'],
  [['env', 'API_KEY=p4ss', 'migrate'], 'env API_KEY=*** migrate'],
  [['migrate', '--tokens', 'keep', 'tokenizer=on'], 'migrate --tokens keep tokenizer=on'],
  [['env', 'AWS_SECRET_ACCESS_KEY=p4ss', 'migrate'], 'env AWS_SECRET_ACCESS_KEY=*** migrate'],
  [['sh', '-c', 'cd shop && PGPASSWORD=p4ss psql -f a.sql'], 'sh -c cd shop && PGPASSWORD=*** psql -f a.sql'],
  [['sh', '-c', './migrate --token "p4 ss" --force; ls'], 'sh -c ./migrate --token *** --force; ls'],
  [['bash', '-c', "(API_TOKEN='p4 ss' ./a) && ./tokens x"], 'bash -c (API_TOKEN=*** ./a) && ./tokens x'],
  [['curl', '-H', 'Authorization: Bearer p4ss', 'https://a'], 'curl -H Authorization: *** https://a'],
  [['sh', '-c', 'curl -H "X-Api-Key: p4ss" https://a'], 'sh -c curl -H "X-Api-Key: ***" https://a'],
  [['sh', '-c', 'cd shop; MYSQL_PWD=p4ss mysql < a.sql'], 'sh -c cd shop; MYSQL_PWD=*** mysql < a.sql'],
  [['env', 'DB_PASS=p4ss', 'sign', '--passphrase', 'p4ss'], 'env DB_PASS=*** sign --passphrase ***'],
  [['deploy', '--bypass', 'keep', 'compass=on'], 'deploy --bypass keep compass=on'],
  [['curl', 'https://shop.example:8080/a'], 'curl https://shop.example:8080/a'],
])('%j is the reason %s', (command, text) => expect(commandText(command)).toBe(text));
