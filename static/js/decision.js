// The page of one decision: the keys of the forms that it has, and what happens to it meanwhile. Must not hold anything that works only so.
import { bindCall, bindCopy, bindMore, bindReason, bindVerdict } from './answer-keys.js';
import { follow } from './follow.js';
import { keys } from './keys.js';
import { byId } from './shared.js';
import './page.js';

const following = () => document.querySelector('#dec [data-next]');

if (document.querySelector('#dec .verdict form')) bindVerdict(keys, '#dec');
if (document.querySelector('#dec .more-time button')) bindMore(keys, '#dec');
if (document.querySelector('#dec .calls button')) bindCall(keys, '#dec');
if (document.querySelector('#dec :is(.verdict, .sign-off) textarea')) bindReason(keys, '#dec');
bindCopy(keys, () => byId('dec')?.dataset.id);
if (following()) keys.on(['n'], 'N', 'next decision that needs you', () => following()?.click());
follow();
