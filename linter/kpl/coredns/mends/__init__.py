"""What to write where CoreDNS refuses a Corefile; a mend is offered only when CoreDNS accepts its result."""
