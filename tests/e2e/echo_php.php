<?php
// What PHP frameworks make of a request: IIS's rewritten URL, and a method that a field names.
$uri = $_SERVER['HTTP_X_ORIGINAL_URL'] ?? $_SERVER['REQUEST_URI'];
$path = rawurldecode(strtok($uri, '?'));
header('Content-Type: application/json');
echo json_encode([
    'handler' => preg_match('#^/api/email$#', $path) ? 'email' : 'other',
    'path' => $path,
    'method' => strtoupper($_SERVER['HTTP_X_HTTP_METHOD_OVERRIDE'] ?? $_SERVER['REQUEST_METHOD']),
    'host' => $_SERVER['HTTP_HOST'],
    'scheme' => ($_SERVER['HTTP_FRONT_END_HTTPS'] ?? 'off') === 'on' ? 'https' : 'http',
    'user' => $_SERVER['HTTP_X_OAUTH_USER'] ?? null,
    'address' => $_SERVER['HTTP_CLIENT_IP'] ?? null,
]);
