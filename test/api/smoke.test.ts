import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => {
  await api?.close();
});
test('x', async () => {
  console.log(JSON.stringify((await api.call('/v1/people')).body, null, 1));
  console.log((await api.call('/version')).body, (await api.call('/health/ready')).body);
  const p = await api.call('/v1/products', {
    method: 'POST',
    key: 'a',
    body: { sku: 'A', name: { en: 'x' }, family: 'f', supply: 'goods', taxClass: 's', unit: 'u' },
  });
  console.log(p);
  console.log(
    await api.call('/v1/products', {
      method: 'POST',
      key: 'a',
      body: { sku: 'A', name: { en: 'x' }, family: 'f', supply: 'goods', taxClass: 's', unit: 'u' },
    }),
  );
  console.log(
    await api.call('/v1/products', {
      method: 'POST',
      body: { sku: 'A', name: { en: 'x' }, family: 'f', supply: 'goods', taxClass: 's', unit: 'u' },
    }),
  );
  console.log(
    await api.call('/v1/products', {
      method: 'POST',
      body: { sku: '1e3', name: null, family: true, supply: 'x', taxClass: 's', unit: 'u', zz: 1 },
    }),
  );
  console.log(await api.call('/nope'), await api.call('/v1/products', { method: 'DELETE' }));
  console.log(api.logs.join(''));
  console.log(JSON.stringify((await api.call('/openapi.json')).body).length);
  expect(1).toBe(1);
});
