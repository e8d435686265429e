#!/bin/bash
exec node client/web/testing/mixed.mjs
