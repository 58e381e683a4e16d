import { type CredentialSetting, CredentialKeeper } from './credentials.ts';
import { fromContainer } from './from-container.ts';
import { fromEnvironment } from './from-environment.ts';
import { fromInstance } from './from-instance.ts';
import { fromProfile } from './from-profile.ts';
import { fromWebIdentity } from './from-web-identity.ts';

// What is told to this process comes before what is found on the machine.
const sources = [fromEnvironment, fromWebIdentity, fromContainer, fromProfile, fromInstance];

/** The credentials of this process, from the first place that has some. */
export const keepCredentials = (setting: CredentialSetting): CredentialKeeper =>
  new CredentialKeeper(sources, setting);
