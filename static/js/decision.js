// The page of one decision by keyboard: the keys of the forms that it has. Must not hold anything that works only so.
import { bindReason, bindVerdict } from './answer-keys.js';
import { keys } from './keys.js';
import './page.js';

const following = () => document.querySelector('#dec [data-next]');

if (document.querySelector('#dec .verdict form')) bindVerdict(keys, '#dec');
if (document.querySelector('#dec :is(.verdict, .sign-off) textarea')) bindReason(keys, '#dec');
if (following()) keys.on(['n'], 'N', 'next decision that needs you', () => following()?.click());
