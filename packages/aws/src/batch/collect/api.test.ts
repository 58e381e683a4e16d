/** The SDK's calls against answers as AWS's references show them, from a server of the test's own. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openSurroundings, type SurroundingsApi } from './api.ts';

let server: Server;
let api: SurroundingsApi;
const asked: { readonly target: string; readonly body: unknown }[] = [];
let answers: { readonly status?: number; readonly body: object }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push({ target: String(request.headers['x-amz-target']), body: JSON.parse(body) as unknown });
      const answer = answers.shift();
      response.writeHead(answer?.status ?? 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answer?.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const variables = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'eu-north-1',
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  api = openSurroundings();
});

afterAll(() => {
  api.close();
  server.close();
  vi.unstubAllEnvs();
});

const quota = (QuotaName: string, Value: number) => ({
  ServiceCode: 'ec2',
  QuotaName,
  Value,
  Adjustable: true,
});

it('reads the quotas of a service, page by page', async () => {
  answers = [
    { body: { Quotas: [quota('Running On-Demand P instances', 0)], NextToken: 'more' } },
    { body: { Quotas: [quota('All P5 Spot Instance Requests', 64)] } },
  ];
  const found = await api.quotas('ec2', AbortSignal.timeout(10_000));
  expect(found.map(({ QuotaName, Value }) => [QuotaName, Value])).toEqual([
    ['Running On-Demand P instances', 0],
    ['All P5 Spot Instance Requests', 64],
  ]);
  expect(asked.map(({ target }) => target)).toEqual(
    Array.from({ length: 2 }, () => 'ServiceQuotasV20190624.ListServiceQuotas'),
  );
  expect(asked.map(({ body }) => body)).toEqual([
    { ServiceCode: 'ec2' },
    { ServiceCode: 'ec2', NextToken: 'more' },
  ]);
});

it('fails with the words of AWS, which name the right that is missing', async () => {
  const Message =
    'User: arn:aws:iam::123456789012:user/ada is not authorized to perform: servicequotas:ListServiceQuotas';
  answers = [{ status: 400, body: { __type: 'AccessDeniedException', Message } }];
  await expect(api.quotas('fargate', AbortSignal.timeout(10_000))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('perform: servicequotas:ListServiceQuotas'),
  });
});
