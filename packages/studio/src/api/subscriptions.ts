import { z } from 'zod';
import { roomSchema, timeSchema } from './common.js';

/** `POST /api/subscriptions`: a digest of new papers. Without family and query it is of all. */
export const newSubscriptionSchema = z.object({
  email: z.email().max(254),
  frequency: z.enum(['daily', 'weekly']),
  family: roomSchema.optional(),
  query: z.string().trim().min(1).max(250).optional(),
});
export type NewSubscription = z.input<typeof newSubscriptionSchema>;

export const subscriptionSchema = z.object({
  id: z.int(),
  email: z.string(),
  frequency: z.enum(['daily', 'weekly']),
  family: roomSchema.exactOptional(),
  query: z.string().exactOptional(),
  created: timeSchema,
  lastSent: timeSchema.exactOptional(),
  /** Why the last attempt failed. */
  trouble: z.string().exactOptional(),
});
export type Subscription = z.infer<typeof subscriptionSchema>;

/** `GET /api/subscriptions` */
export const subscriptionsSchema = z.object({ subscriptions: z.array(subscriptionSchema) });
export type Subscriptions = z.infer<typeof subscriptionsSchema>;

/** `GET /api/subscriptions/:id/preview`: what would be sent now. */
export const digestSchema = z.object({
  subject: z.string(),
  text: z.string(),
  /** A page to be shown in a sandboxed frame. */
  html: z.string(),
  papers: z.int(),
});
export type Digest = z.infer<typeof digestSchema>;

/** `POST /api/subscriptions/:id/send`: `nothing` when there is no paper that was not sent before. */
export const sentSchema = z.object({ outcome: z.enum(['sent', 'written', 'nothing']), papers: z.int() });
export type Sent = z.infer<typeof sentSchema>;

/** `PUT /api/mail` */
export const mailSettingsSchema = z.object({
  host: z.string().trim().min(1).max(253),
  port: z.int().min(1).max(65_535),
  /** TLS from the first byte (port 465); otherwise STARTTLS, which is required where there is a password. */
  secure: z.boolean().default(false),
  user: z.string().max(254).optional(),
  /** Left as it is if not given; never sent back. */
  password: z.string().max(1000).optional(),
  from: z.email().max(254),
  /** Where readers reach this studio, for the links of digests; its local address if not given. */
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
});
export type MailSettings = z.input<typeof mailSettingsSchema>;

/** `GET /api/mail` */
export const shownMailSchema = z.object({
  settings: z
    .object({
      host: z.string(),
      port: z.int(),
      secure: z.boolean(),
      user: z.string().exactOptional(),
      hasPassword: z.boolean(),
      from: z.string(),
      publicUrl: z.string().exactOptional(),
    })
    .exactOptional(),
});
export type ShownMail = z.infer<typeof shownMailSchema>;
