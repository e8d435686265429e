#!/bin/bash
exec node client/web/testing/reset.mjs
