// The list of route files. To add one: write `api/routes/<stage>.ts` exporting a function like those below
// (routes/products.ts is the plainest example) and name it here. Each route declares a schema for body, query
// and every status, `config.permit`, and its refusals by `refusals…()` of contracts/problem.ts.
import type { FastifyInstance } from 'fastify';
import type { SignIns } from './auth/signIn.js';
import type { AppDeps } from './deps.js';
import type { Gate } from './gate.js';
import { accountRoutes } from './routes/accounts.js';
import { approvalRoutes } from './routes/approvals.js';
import { chargeRoutes } from './routes/charges.js';
import { codecRoutes } from './routes/codec.js';
import { commissionRoutes } from './routes/commissions.js';
import { contactRoutes } from './routes/contacts.js';
import { documentRoutes } from './routes/documents.js';
import { entityRoutes } from './routes/entities.js';
import { explanationRoutes } from './routes/explanations.js';
import { importRoutes } from './routes/imports.js';
import { invoiceRoutes } from './routes/invoices.js';
import { keyRoutes } from './routes/keys.js';
import { leadRoutes } from './routes/leads.js';
import { ledgerRoutes } from './routes/ledger.js';
import { orderRoutes } from './routes/orders.js';
import { paymentRoutes } from './routes/payments.js';
import { peopleRoutes } from './routes/people.js';
import { policyRoutes } from './routes/policies.js';
import { priceBookRoutes } from './routes/priceBooks.js';
import { productRoutes } from './routes/products.js';
import { quoteRoutes } from './routes/quotes.js';
import { systemRoutes } from './routes/system.js';
import { taskRoutes } from './routes/tasks.js';
import { waitRoutes } from './routes/waits.js';

/** What route files get: the app's dependencies, the sign-ins for those who change rights, the gate of captures. */
export interface RouteDeps extends AppDeps {
  readonly signIns: SignIns;
  readonly captures: Gate;
}

export type RouteFile = (app: FastifyInstance, deps: RouteDeps) => Promise<void>;

export const ROUTE_FILES: readonly RouteFile[] = [
  systemRoutes,
  peopleRoutes,
  keyRoutes,
  accountRoutes,
  contactRoutes,
  productRoutes,
  priceBookRoutes,
  policyRoutes,
  entityRoutes,
  importRoutes,
  leadRoutes,
  quoteRoutes,
  approvalRoutes,
  waitRoutes,
  taskRoutes,
  documentRoutes,
  orderRoutes,
  invoiceRoutes,
  chargeRoutes,
  paymentRoutes,
  commissionRoutes,
  ledgerRoutes,
  explanationRoutes,
  codecRoutes,
];
